# ruff: noqa: E501
"""Words by which pages name what is grave, in twelve languages.

`SURE`: a button with these words does it. `LIKELY`: it may open a form, or undo nothing that
matters; only with a request that changes something is it sure. Cased and accented as usual;
`vigorl.browser.risks` compares them folded, as whole words where the script has any.
"""

SURE: dict[str, tuple[str, ...]] = {
    "pay": (
        "pay, pay now, buy, buy now, buy it now, place order, place your order, order now, "
        "confirm order, complete order, submit order, confirm payment, complete purchase, "
        "confirm purchase, purchase, donate, donate now, place bid, send money, transfer money, "
        "confirm transfer, confirm booking, book now, start subscription, pay with card, "
        "pay with paypal, pay with apple pay, pay with google pay",
        "bezahlen, jetzt bezahlen, kaufen, jetzt kaufen, sofort kaufen, bestellen, "
        "jetzt bestellen, kostenpflichtig bestellen, zahlungspflichtig bestellen, kauf abschließen, "
        "bestellung abschicken, bestellung aufgeben, zahlung bestätigen, überweisen, "
        "jetzt spenden, kostenpflichtig buchen, zahlungspflichtig buchen",
        "payer, payer maintenant, acheter, acheter maintenant, commander, passer la commande, "
        "confirmer la commande, valider la commande, confirmer le paiement, valider le paiement, "
        "faire un don, effectuer le virement",
        "pagar, pagar ahora, comprar, comprar ahora, comprar ya, realizar pedido, hacer pedido, "
        "confirmar pedido, confirmar compra, finalizar compra, confirmar pago, donar, transferir",
        "paga, paga ora, paga adesso, acquista, acquista ora, compra ora, ordina, ordina ora, "
        "conferma ordine, invia ordine, conferma pagamento, effettua ordine, dona ora",
        "pagar agora, comprar agora, fazer pedido, finalizar pedido, confirmar pagamento, "
        "concluir compra, doar",
        "betalen, nu betalen, kopen, nu kopen, bestelling plaatsen, bestellen en betalen, "
        "betaling bevestigen, overmaken, doneren",
        "zapłać, zapłać teraz, kup, kup teraz, kupuję i płacę, zamawiam, zamów, złóż zamówienie, "
        "zamawiam i płacę, potwierdź płatność, przelej, wykonaj przelew",
        "öde, ödeme yap, satın al, hemen al, şimdi satın al, sipariş ver, siparişi onayla, "
        "ödemeyi tamamla, siparişi tamamla, bağış yap, para gönder",
        "支払う, 今すぐ買う, 今すぐ購入, 購入する, 購入を確定, 注文する, 注文を確定, 決済する, 送金, 寄付する",
        "支付, 立即支付, 立即购买, 购买, 提交订单, 确认订单, 确认支付, 付款, 去付款, 转账, 下单, 捐款, "
        "立即購買, 購買, 提交訂單, 確認訂單, 確認付款, 轉帳, 下單",
        "결제, 결제하기, 구매, 구매하기, 바로구매, 주문하기, 주문 확정, 송금, 기부하기",
    ),
    "delete": (
        "delete account, delete my account, close account, close my account, cancel account, "
        "delete permanently, permanently delete, delete forever, erase, erase all, delete all, "
        "delete everything, remove all, empty trash, empty bin, clear all data, wipe, "
        "factory reset, cancel subscription, cancel order, cancel booking, delete repository, "
        "delete this repository, delete project, delete workspace",
        "konto löschen, mein konto löschen, konto schließen, endgültig löschen, "
        "unwiderruflich löschen, dauerhaft löschen, alles löschen, alle löschen, papierkorb leeren, "
        "abo kündigen, jetzt kündigen, kündigen, bestellung stornieren, stornieren",
        "supprimer le compte, supprimer mon compte, supprimer définitivement, tout supprimer, "
        "vider la corbeille, clôturer le compte, résilier, annuler la commande",
        "eliminar cuenta, eliminar mi cuenta, borrar cuenta, eliminar permanentemente, "
        "eliminar definitivamente, borrar todo, eliminar todo, vaciar papelera, cancelar pedido, "
        "cancelar suscripción",
        "elimina account, elimina definitivamente, elimina tutto, svuota cestino, chiudi account, "
        "annulla ordine, disdici",
        "excluir conta, eliminar conta, apagar conta, excluir permanentemente, excluir tudo, "
        "apagar tudo, esvaziar lixeira, cancelar assinatura",
        "account verwijderen, definitief verwijderen, alles verwijderen, prullenbak legen, "
        "abonnement opzeggen, bestelling annuleren",
        "usuń konto, usuń trwale, usuń na zawsze, usuń wszystko, opróżnij kosz, "
        "anuluj zamówienie, anuluj subskrypcję",
        "hesabı sil, hesabımı sil, kalıcı olarak sil, tümünü sil, hepsini sil, çöpü boşalt, "
        "siparişi iptal et, aboneliği iptal et",
        "アカウントを削除, 完全に削除, すべて削除, 退会する, ゴミ箱を空にする, 解約する, 注文をキャンセル",
        "删除账户, 删除账号, 注销账号, 注销账户, 永久删除, 彻底删除, 全部删除, 清空回收站, 清空, 取消订单, "
        "刪除帳戶, 永久刪除, 全部刪除, 取消訂單",
        "계정 삭제, 탈퇴하기, 회원 탈퇴, 영구 삭제, 모두 삭제, 전체 삭제, 휴지통 비우기, 주문 취소, 구독 취소",
    ),
    "send": (
        "send, send now, send message, send email, send mail, send invitation, send invite, "
        "send reply, send request, send application, submit application",
        "senden, jetzt senden, absenden, abschicken, nachricht senden, mail senden, "
        "einladung senden, verschicken, bewerbung absenden",
        "envoyer, envoyer le message, envoyer un message, envoyer l'invitation",
        "enviar, enviar mensaje, enviar correo, enviar invitación, enviar solicitud",
        "invia, invia messaggio, invia email, invia ora, invia richiesta",
        "enviar mensagem, enviar e-mail, enviar convite, mandar",
        "verzenden, versturen, verstuur, bericht versturen, bericht verzenden, stuur",
        "wyślij, wyślij wiadomość, wyślij zaproszenie",
        "gönder, mesaj gönder, mesajı gönder, e-posta gönder",
        "送信, 送信する, メッセージを送信, 送る",
        "发送, 发送消息, 发送邮件, 寄出, 發送, 傳送, 送出",
        "보내기, 전송, 메시지 보내기, 메일 보내기",
    ),
    "publish": (
        "publish, publish now, post, post now, tweet, post comment, add comment, post reply, "
        "submit review, go live, make public, publish changes",
        "veröffentlichen, jetzt veröffentlichen, posten, kommentar posten, bewertung abschicken, "
        "kommentar abschicken, öffentlich machen",
        "publier, publier maintenant, publier un commentaire, mettre en ligne, rendre public",
        "publicar, publicar ahora, publicar comentario, hacer público",
        "pubblica, pubblica ora, pubblica commento, rendi pubblico",
        "publicar agora, publicar comentário, postar, tornar público",
        "publiceren, nu publiceren, plaatsen, reactie plaatsen, openbaar maken",
        "opublikuj, publikuj, dodaj komentarz, upublicznij",
        "yayınla, yayımla, paylaş, yorum yap, herkese açık yap",
        "公開する, 投稿, 投稿する, コメントを投稿, ツイートする",
        "发布, 发表, 发帖, 发表评论, 公开, 發佈, 發表",
        "게시, 게시하기, 발행, 공개하기, 댓글 등록",
    ),
    "account": (
        "change password, update password, save password, set password, set new password, "
        "reset password, change email, change e-mail, update email, update email address, "
        "change email address, change phone number, disable two-factor authentication, "
        "turn off two-factor authentication, disable 2fa, turn off 2-step verification, "
        "remove passkey, add passkey, revoke sessions, change recovery email, create api key, "
        "create access token, generate token",
        "passwort ändern, kennwort ändern, passwort speichern, passwort zurücksetzen, "
        "e-mail ändern, e-mail-adresse ändern, zwei-faktor-authentifizierung deaktivieren, "
        "2fa deaktivieren",
        "changer le mot de passe, modifier le mot de passe, réinitialiser le mot de passe, "
        "modifier l'e-mail, changer l'e-mail, changer d'adresse e-mail, "
        "désactiver la double authentification",
        "cambiar contraseña, cambiar la contraseña, actualizar contraseña, restablecer contraseña, "
        "cambiar correo, cambiar correo electrónico, desactivar la verificación en dos pasos",
        "cambia password, modifica password, aggiorna password, reimposta password, cambia email, "
        "modifica email, disattiva la verifica in due passaggi",
        "alterar senha, mudar senha, alterar palavra-passe, redefinir senha, alterar e-mail, "
        "mudar e-mail, desativar a verificação em duas etapas",
        "wachtwoord wijzigen, wachtwoord opslaan, e-mail wijzigen, e-mailadres wijzigen, "
        "tweestapsverificatie uitschakelen",
        "zmień hasło, zapisz hasło, zresetuj hasło, zmień e-mail, zmień adres e-mail, "
        "wyłącz weryfikację dwuetapową",
        "şifreyi değiştir, şifre değiştir, parolayı değiştir, e-postayı değiştir, "
        "iki adımlı doğrulamayı kapat",
        "パスワードを変更, パスワードを更新, パスワードを再設定, メールアドレスを変更, 二段階認証を無効",
        "修改密码, 更改密码, 重置密码, 修改邮箱, 更改邮箱, 关闭两步验证, 變更密碼, 更改密碼, 重設密碼",
        "비밀번호 변경, 비밀번호 재설정, 이메일 변경, 2단계 인증 해제",
    ),
    "program": (
        "install, install now, add extension, add to chrome",
        "installieren, jetzt installieren, hinzufügen zu chrome",
        "installer, installer maintenant",
        "instalar, instalar ahora",
        "installa, installa ora",
        "instalar agora",
        "installeren, nu installeren",
        "zainstaluj, instaluj",
        "yükle ve çalıştır, kur, şimdi kur",
        "インストール, インストールする",
        "安装, 立即安装, 安裝",
        "설치, 설치하기",
    ),
}

LIKELY: dict[str, tuple[str, ...]] = {
    "pay": (
        "checkout, check out, proceed to checkout, subscribe, upgrade, order, bid, reserve, "
        "transfer, payment, start free trial, top up",
        "zur kasse, abonnieren, buchen, spenden, bieten, zahlung, bestellung",
        "paiement, commande, s'abonner, réserver, passer au paiement",
        "pago, pedido, suscribirse, reservar, tramitar pedido",
        "pagamento, cassa, ordine, abbonati, prenota",
        "assinar, finalizar, encomendar",
        "afrekenen, abonneren, boeken, betaling, bestelling, bestellen",
        "płatność, zamówienie, subskrybuj, rezerwuj, do kasy",
        "ödeme, sipariş, abone ol, rezervasyon yap",
        "注文, 購入, レジに進む, 支払い, 予約する, 定期購読",
        "结算, 订阅, 预订, 订单, 結帳, 訂閱",
        "주문, 구독, 예약, 예약하기",
    ),
    "delete": (
        "delete, remove, discard, trash, move to trash, unsubscribe, deactivate, "
        "disconnect, revoke, leave group, unpublish, reset, clear, destroy, deletion",
        "löschen, entfernen, verwerfen, in den papierkorb, abbestellen, deaktivieren, widerrufen, "
        "zurücksetzen, leeren, löschung",
        "supprimer, retirer, effacer, enlever, désactiver, se désabonner, révoquer, suppression",
        "eliminar, borrar, quitar, suprimir, desactivar, darse de baja, revocar, descartar",
        "elimina, eliminare, rimuovi, cancella, cestina, disattiva, revoca, scarta",
        "excluir, apagar, remover, desativar, descartar, revogar",
        "verwijderen, verwijder, wissen, deactiveren, afmelden, intrekken",
        "usuń, usunąć, skasuj, odrzuć, dezaktywuj, wypisz, cofnij",
        "sil, kaldır, çıkar, devre dışı bırak, iptal et",
        "削除, 削除する, 消去, 取り消し, 破棄",
        "删除, 移除, 清除, 丢弃, 取消订阅, 刪除, 移除",
        "삭제, 삭제하기, 제거, 지우기, 비활성화",
    ),
    "send": (
        "submit, reply, forward, invite, contact us, message",
        "antworten, weiterleiten, einladen, nachricht, einreichen",
        "répondre, transférer, inviter, soumettre",
        "responder, reenviar, invitar",
        "rispondi, inoltra, invita",
        "encaminhar, convidar, submeter",
        "beantwoorden, doorsturen, uitnodigen, indienen",
        "odpowiedz, przekaż, zaproś",
        "yanıtla, ilet, davet et",
        "返信, 転送, 招待",
        "回复, 转发, 邀请, 提交, 回覆, 轉寄",
        "답장, 전달, 초대, 제출",
    ),
    "publish": (
        "share, comment, review, release, submit post, repost, retweet",
        "teilen, kommentieren, freigeben",
        "partager, commenter",
        "compartir, comentar",
        "condividi, commenta",
        "compartilhar, partilhar",
        "delen, reageren",
        "udostępnij, komentuj",
        "yorum",
        "共有, シェア, コメント",
        "分享, 评论, 評論",
        "공유, 댓글",
    ),
    "account": (
        "password, two-factor, security settings, email address, phone number, passkey, api key",
        "passwort, kennwort, sicherheit, e-mail-adresse",
        "mot de passe, sécurité, adresse e-mail",
        "contraseña, seguridad, correo electrónico",
        "sicurezza, indirizzo email",
        "senha, palavra-passe, segurança",
        "wachtwoord, beveiliging, e-mailadres",
        "hasło, bezpieczeństwo",
        "şifre, parola, güvenlik",
        "パスワード, セキュリティ, メールアドレス",
        "密码, 安全设置, 邮箱, 密碼",
        "비밀번호, 보안, 이메일",
    ),
}

AGREE = (
    "yes, ok, okay, confirm, continue, proceed, next, accept, agree, i agree, got it, go, do it, "
    "submit, save, apply, finish, done, i understand, yes please, yes continue",
    "ja, bestätigen, weiter, fortfahren, zustimmen, übernehmen, speichern, fertig, einverstanden",
    "oui, confirmer, continuer, valider, accepter, suivant, enregistrer, terminer",
    "sí, si, confirmar, continuar, aceptar, siguiente, guardar, finalizar",
    "sì, conferma, continua, accetta, avanti, salva, fine, procedi",
    "sim, aceitar, avançar, salvar, guardar, prosseguir, concluir",
    "bevestigen, doorgaan, verder, accepteren, volgende, opslaan, akkoord",
    "tak, potwierdź, kontynuuj, dalej, akceptuj, zapisz, zgadzam się",
    "evet, tamam, onayla, devam, devam et, kabul et, kaydet, ileri",
    "はい, 確認, 続ける, 続行, 次へ, 同意する, 保存, 了解, 確定",
    "是, 确定, 确认, 继续, 下一步, 同意, 保存, 好, 好的, 確定, 確認, 繼續",
    "예, 네, 확인, 계속, 다음, 동의, 저장",
)
"""What buttons say that mean whatever stands around them."""

ALLOW = (
    "allow, authorize, authorise, grant, grant access, approve, allow access, give access, "
    "authorize application",
    "zulassen, erlauben, autorisieren, zugriff erlauben, genehmigen",
    "autoriser, permettre",
    "permitir, autorizar",
    "consenti, autorizza",
    "conceder acesso",
    "toestaan, autoriseren",
    "zezwól, autoryzuj",
    "izin ver, yetkilendir",
    "許可, 許可する, 承認",
    "允许, 授权, 允許, 授權",
    "허용, 승인",
)
"""What the buttons of a consent say that lets another site act with an account."""
